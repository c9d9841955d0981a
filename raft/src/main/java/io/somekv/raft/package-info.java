@NullMarked
package io.somekv.raft;

import org.jspecify.annotations.NullMarked;
