package io.somekv.protocol.resp;

/**
 * How much one request may be.
 *
 * @param bulkSizeMax bytes of one argument ({@code proto-max-bulk-len})
 * @param argumentsMax how many arguments
 * @param requestSizeMax bytes of all arguments together
 */
public record RespLimits(int bulkSizeMax, int argumentsMax, int requestSizeMax) {
    /** As Redis counts arguments; sizes as our value limit asks for. */
    public static RespLimits forValuesUpTo(int valueSizeMax) {
        return new RespLimits(valueSizeMax, 1 << 20, Math.max(4 * valueSizeMax, 1 << 20));
    }
}
