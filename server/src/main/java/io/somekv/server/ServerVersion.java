package io.somekv.server;

/** Which version of the program this is. */
public final class ServerVersion {
    private ServerVersion() {}

    /** From the jar, where Maven has written it. */
    public static String text() {
        String version = ServerVersion.class.getPackage().getImplementationVersion();
        return version == null ? "0.1.0-dev" : version;
    }
}
