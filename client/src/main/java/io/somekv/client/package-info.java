/** The Java client: a pure core, and a thin transport around it. */
@NullMarked
package io.somekv.client;

import org.jspecify.annotations.NullMarked;
