/** The control door: gRPC services, and how one node calls another's (DESIGN §9). */
@NullMarked
package io.somekv.server.grpc;

import org.jspecify.annotations.NullMarked;
