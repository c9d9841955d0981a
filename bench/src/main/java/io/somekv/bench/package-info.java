/** This store under load: figures beside its peers', and drills that kill its processes. */
@NullMarked
package io.somekv.bench;

import org.jspecify.annotations.NullMarked;
