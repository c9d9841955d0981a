package io.somekv.protocol.resp;

/** Texts of errors that several commands share, in the words of Redis, which clients compare. */
final class Replies {
    static final RespReply SYNTAX_ERROR = new RespReply.Failure("ERR syntax error");
    static final RespReply NOT_AN_INTEGER =
            new RespReply.Failure("ERR value is not an integer or out of range");
    static final RespReply NOT_A_FLOAT = new RespReply.Failure("ERR value is not a valid float");
    static final RespReply OVERFLOW =
            new RespReply.Failure("ERR increment or decrement would overflow");
    static final RespReply TOO_LARGE =
            new RespReply.Failure("ERR string exceeds maximum allowed size (proto-max-bulk-len)");
    static final RespReply CROSS_SLOT =
            new RespReply.Failure("CROSSSLOT Keys in request don't hash to the same slot");
    static final RespReply NOT_SERVED = new RespReply.Failure("CLUSTERDOWN Hash slot not served");

    private Replies() {}

    static RespReply invalidExpiry(String command) {
        return new RespReply.Failure("ERR invalid expire time in '" + command + "' command");
    }
}
