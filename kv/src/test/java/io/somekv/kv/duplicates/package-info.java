@NullMarked
package io.somekv.kv.duplicates;

import org.jspecify.annotations.NullMarked;
