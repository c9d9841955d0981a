/** The door for Redis clients: sockets, order of replies, bounds (DESIGN §9, §10). */
@NullMarked
package io.somekv.server.resp;

import org.jspecify.annotations.NullMarked;
