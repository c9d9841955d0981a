/** Who should have which replica, leadership and shard, and why: pure, and the same each time. */
@NullMarked
package io.somekv.kv.caretaker;

import org.jspecify.annotations.NullMarked;
