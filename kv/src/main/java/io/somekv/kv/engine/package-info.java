/** The port to the storage engine (DESIGN §5), its key layout, and the engine in memory. */
@NullMarked
package io.somekv.kv.engine;

import org.jspecify.annotations.NullMarked;
