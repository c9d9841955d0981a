/** What the shard master's caretaker decides, and by which rules. */
@NullMarked
package io.somekv.protocol.caretaker;

import org.jspecify.annotations.NullMarked;
