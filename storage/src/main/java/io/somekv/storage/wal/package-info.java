/** The write-ahead log that all groups of a node share (DESIGN §4, docs/FORMATS.md). */
@NullMarked
package io.somekv.storage.wal;

import org.jspecify.annotations.NullMarked;
