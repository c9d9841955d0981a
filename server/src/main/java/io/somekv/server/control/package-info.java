/** Control of nodes and of the cluster: what an administrator can have done (DESIGN §9). */
@NullMarked
package io.somekv.server.control;

import org.jspecify.annotations.NullMarked;
