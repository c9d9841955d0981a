@NullMarked
package io.somekv.node;

import org.jspecify.annotations.NullMarked;
