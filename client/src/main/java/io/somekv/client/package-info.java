@NullMarked
package io.somekv.client;

import org.jspecify.annotations.NullMarked;
