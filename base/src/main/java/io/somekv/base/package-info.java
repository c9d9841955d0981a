@NullMarked
package io.somekv.base;

import org.jspecify.annotations.NullMarked;
