@NullMarked
package io.somekv.storage;

import org.jspecify.annotations.NullMarked;
