/** Connections that speak frames: with other nodes, and with Java clients (DESIGN §9). */
@NullMarked
package io.somekv.server.peer;

import org.jspecify.annotations.NullMarked;
