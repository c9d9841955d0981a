@NullMarked
package io.somekv.kv;

import org.jspecify.annotations.NullMarked;
