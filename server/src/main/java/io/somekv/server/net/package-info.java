/** What all doors share: event loops and the addresses they listen on. */
@NullMarked
package io.somekv.server.net;

import org.jspecify.annotations.NullMarked;
