@NullMarked
package io.somekv.sim;

import org.jspecify.annotations.NullMarked;
