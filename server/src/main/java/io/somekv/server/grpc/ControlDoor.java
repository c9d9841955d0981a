package io.somekv.server.grpc;
import io.somekv.server.control.NodeControl;
public final class ControlDoor {
    public void bind(String host, int port) {}
    public int port() {return 0;}
    public void open(NodeControl c) {}
    public void close() {}
}
