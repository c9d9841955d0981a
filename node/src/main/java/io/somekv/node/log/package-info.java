/** The port to the shared write-ahead log: what a lane hands over, what it gets back. */
@NullMarked
package io.somekv.node.log;

import org.jspecify.annotations.NullMarked;
