@NullMarked
package io.somekv.server;

import org.jspecify.annotations.NullMarked;
