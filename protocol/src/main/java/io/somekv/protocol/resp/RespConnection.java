package io.somekv.protocol.resp;

import io.somekv.protocol.command.ReadMode;

/**
 * What a Redis connection remembers between commands. Pure state: the server owns the socket and
 * gives every connection one of these.
 */
public final class RespConnection {
    /** Which replies the client wants to see (CLIENT REPLY). */
    public enum ReplyMode {
        ON,
        OFF,
        /** None for the next command, then ON. */
        SKIP_NEXT
    }

    private final long id;
    private final boolean authenticatedAtFirst;
    private final boolean isClusterAware;
    private boolean authenticated;
    private int protocol = 2;
    private String name = "";
    private String libraryName = "";
    private String libraryVersion = "";
    private String user = "default";
    private ReplyMode replyMode = ReplyMode.ON;
    private ReadMode readMode = ReadMode.LEADER;

    /** Of the command that goes on, and of the next one: it stays here, wherever its key is. */
    private boolean isAsking;

    private boolean isAskingNext;

    /**
     * @param id unique within the node's process
     * @param authenticated false where the client must send AUTH first
     * @param isClusterAware whether it came through the cluster door: it is to be sent to whoever
     *     serves a key, and named no keys of several slots
     */
    public RespConnection(long id, boolean authenticated, boolean isClusterAware) {
        this.isClusterAware = isClusterAware;
        this.id = id;
        this.authenticatedAtFirst = authenticated;
        this.authenticated = authenticated;
    }

    public long id() {
        return id;
    }

    public boolean isClusterAware() {
        return isClusterAware;
    }

    /** Whether the command of now is to be served here, wherever its key is (ASKING). */
    public boolean isAsking() {
        return isAsking;
    }

    void askNext() {
        isAskingNext = true;
    }

    void beginCommand() {
        isAsking = isAskingNext;
        isAskingNext = false;
    }

    /** 2 or 3: how replies to this connection are written. */
    public int protocol() {
        return protocol;
    }

    public String name() {
        return name;
    }

    public String libraryName() {
        return libraryName;
    }

    public String libraryVersion() {
        return libraryVersion;
    }

    public String user() {
        return user;
    }

    public boolean isAuthenticated() {
        return authenticated;
    }

    ReplyMode replyMode() {
        return replyMode;
    }

    /** Who may answer this connection's reads (READONLY). */
    public ReadMode readMode() {
        return readMode;
    }

    void speak(int version) {
        protocol = version;
    }

    void rename(String newName) {
        name = newName;
    }

    void setLibraryName(String newName) {
        libraryName = newName;
    }

    void setLibraryVersion(String version) {
        libraryVersion = version;
    }

    void setReplyMode(ReplyMode mode) {
        replyMode = mode;
    }

    void setReadMode(ReadMode mode) {
        readMode = mode;
    }

    /** The server has checked the client's credentials. */
    public void becomeAuthenticated(String asUser) {
        authenticated = true;
        user = asUser;
    }

    /** As it was when the client connected (RESET); the id stays. */
    void reset() {
        authenticated = authenticatedAtFirst;
        protocol = 2;
        name = "";
        user = "default";
        replyMode = ReplyMode.ON;
        readMode = ReadMode.LEADER;
    }
}
