/** A node's data folder: who it is, which cluster it is in, where its log and rows lie. */
@NullMarked
package io.somekv.server.folder;

import org.jspecify.annotations.NullMarked;
