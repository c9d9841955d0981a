/** The bytes of consensus messages (docs/FORMATS.md): needs raft's types, so it lives here. */
@NullMarked
package io.somekv.node.wire;

import org.jspecify.annotations.NullMarked;
