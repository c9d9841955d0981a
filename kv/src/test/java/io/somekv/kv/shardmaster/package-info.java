@NullMarked
package io.somekv.kv.shardmaster;

import org.jspecify.annotations.NullMarked;
