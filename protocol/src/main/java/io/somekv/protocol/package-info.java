@NullMarked
package io.somekv.protocol;

import org.jspecify.annotations.NullMarked;
