/** The program: one command line over everything, and the house rules as tests over the tree. */
@NullMarked
package io.somekv.dist;

import org.jspecify.annotations.NullMarked;
