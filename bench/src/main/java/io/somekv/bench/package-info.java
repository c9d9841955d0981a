@NullMarked
package io.somekv.bench;

import org.jspecify.annotations.NullMarked;
