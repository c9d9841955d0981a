/** The storage engine on RocksDB (DESIGN §5). */
@NullMarked
package io.somekv.storage.rocks;

import org.jspecify.annotations.NullMarked;
