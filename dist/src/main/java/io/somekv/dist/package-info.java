@NullMarked
package io.somekv.dist;

import org.jspecify.annotations.NullMarked;
