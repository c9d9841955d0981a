/** What a client asks of a group, and what a group answers: one page each. */
@NullMarked
package io.somekv.protocol.command;

import org.jspecify.annotations.NullMarked;
