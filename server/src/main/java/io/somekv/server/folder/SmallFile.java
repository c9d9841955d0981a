package io.somekv.server.folder;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * The small files of a node's folder that have a checksum, each with what to do where it is not as
 * it was written. Those of text have it as their last line, {@code checksum = 1a2b3c4d}, of all
 * bytes before that line; the map, which is no text, has it as its first four bytes.
 */
enum SmallFile {
    IDENTITY(
            "identity",
            "it must not be deleted or made anew: without it nobody knows whose promises this folder"
                    + " holds. Put back a copy of the file; if there is none, start the node on an"
                    + " empty folder under the id it had, then: somekv node replace ID HOST:PORT"),
    CLUSTER(
            "cluster",
            "where a file 'map' is beside it, delete this one: the map says the same, and more."
                    + " Otherwise put the file 'cluster' of another node of the same cluster in its"
                    + " place"),
    MAP("map", "nothing is to be done: the node gets the cluster map from the others again"),
    MARKS("marks", "delete it: the node makes it anew from what it hears of the others' logs"),
    RECOVERIES(
            "recoveries",
            "note what it says of acknowledged writes that this node may lack, then delete it:"
                    + " no program depends on it");

    private static final String LINE = "checksum = ";

    private final String fileName;

    /** What a person is to do. */
    private final String remedy;

    SmallFile(String fileName, String remedy) {
        this.fileName = fileName;
        this.remedy = remedy;
    }

    Path in(Path folder) {
        return folder.resolve(fileName);
    }

    boolean isIn(Path folder) {
        return Files.exists(in(folder));
    }

    /** Replaces the text, durably, and adds its checksum; it ends with a line's end. */
    void write(Path folder, String text) throws IOException {
        String line = LINE + HexFormat.of().toHexDigits(checksum(bytes(text))) + '\n';
        SafeFile.write(in(folder), bytes(text + line));
    }

    /**
     * The text without its checksum.
     *
     * @throws RefusedException when it is not as it was written
     */
    String read(Path folder) throws IOException {
        byte[] all = Files.readAllBytes(in(folder));
        int end = all.length - LINE.length() - 9;
        if (end < 0 || !isChecksumLine(all, end)) {
            throw new RefusedException(
                    complaint(
                            folder,
                            "does not end with a line '"
                                    + LINE
                                    + "…': it was damaged, or an earlier build wrote it, which was"
                                    + " never released"));
        }
        byte[] text = Arrays.copyOf(all, end);
        String written = new String(all, end + LINE.length(), 8, StandardCharsets.US_ASCII);
        if (!written.equals(HexFormat.of().toHexDigits(checksum(text)))) {
            throw new RefusedException(complaint(folder, "is not as it was written (checksum)"));
        }
        return new String(text, StandardCharsets.UTF_8);
    }

    private static boolean isChecksumLine(byte[] all, int from) {
        byte[] line = bytes(LINE);
        return Arrays.equals(all, from, from + line.length, line, 0, line.length)
                && all[all.length - 1] == '\n'
                && (from == 0 || all[from - 1] == '\n');
    }

    /** Names the file, what is wrong with it, and what to do. */
    private String complaint(Path folder, String what) {
        return in(folder) + " " + what + "; " + remedy;
    }

    /** What is wrong with the file and what to do; empty where it is sound, or not there. */
    Optional<String> damage(Path folder) throws IOException {
        if (!isIn(folder)) {
            return Optional.empty();
        }
        if (this == MAP) {
            return hasSoundHead(Files.readAllBytes(in(folder)))
                    ? Optional.empty()
                    : Optional.of(complaint(folder, "is not as it was written (checksum)"));
        }
        try {
            read(folder);
            return Optional.empty();
        } catch (RefusedException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    /** Whether four bytes are the checksum of all behind them. */
    static boolean hasSoundHead(byte[] contents) {
        return contents.length > 4
                && ByteBuffer.wrap(contents).getInt()
                        == checksum(Arrays.copyOfRange(contents, 4, contents.length));
    }

    static int checksum(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return (int) crc.getValue();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
