/** The few file operations that the store rests on, as a port: real, in memory, and held back. */
@NullMarked
package io.somekv.storage.disk;

import org.jspecify.annotations.NullMarked;
