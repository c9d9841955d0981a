/** Exactly-once: what was executed for whom, and what came of it (DESIGN §6). */
@NullMarked
package io.somekv.kv.duplicates;

import org.jspecify.annotations.NullMarked;
