# Finds the JDK and Maven for ./somekv and ./check, which source this file. Changes nothing on the
# machine. Works with bash 3.2 (macOS).

# The oldest JDK that builds and runs the store.
JDK_MINIMUM=25

# Major version of the JDK in folder $1, from its `release` file: no JVM is started for it.
# Prints nothing where there is no JDK (a JRE has no javac).
jdk_major() {
    [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return 0
    sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release"
}

# Prints the folder of the first JDK that is new enough: JAVA_HOME, then the one on the PATH, then
# where systems and tools put them.
find_jdk() {
    local on_path candidate major
    on_path=$(command -v javac || true)
    [ -n "$on_path" ] && on_path=$(dirname "$(dirname "$(readlink -f "$on_path")")")
    for candidate in "${JAVA_HOME:-}" "$on_path" \
        /usr/lib/jvm/* /usr/java/* /opt/* /opt/java/* /usr/local/java/* \
        "$HOME"/.sdkman/candidates/java/* "$HOME"/.jdks/* "$HOME"/.local/share/mise/installs/java/* \
        /Library/Java/JavaVirtualMachines/*/Contents/Home \
        "$HOME"/Library/Java/JavaVirtualMachines/*/Contents/Home \
        /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home; do
        [ -n "$candidate" ] || continue
        major=$(jdk_major "$candidate")
        if [ -n "$major" ] && [ "$major" -ge "$JDK_MINIMUM" ]; then
            printf '%s\n' "$candidate"
            return 0
        fi
    done
    return 1
}

# Sets JAVA_HOME and puts that JDK first on the PATH, or says how to get one and ends the script.
require_jdk() {
    local jdk
    if ! jdk=$(find_jdk); then
        cat >&2 <<END
some-kvstore needs a JDK $JDK_MINIMUM or newer, and none was found (JAVA_HOME, PATH, /usr/lib/jvm, /opt,
~/.sdkman, ~/.jdks). One of these gets it:
  sdk install java $JDK_MINIMUM-tem                     with https://sdkman.io
  apt-get install temurin-$JDK_MINIMUM-jdk              with the package source of https://adoptium.net
  https://adoptium.net/temurin/releases         unpack it below /opt, or set JAVA_HOME to it
END
        exit 1
    fi
    export JAVA_HOME="$jdk" PATH="$jdk/bin:$PATH"
}

# Ends the script with a sentence unless there is a Maven of 3.8 or newer. Call after require_jdk.
require_maven() {
    local version major minor
    # Maven 3.8 itself uses what JDK 24 and newer warn of; the warnings say nothing about our build.
    # (.mvn/jvm.config cannot hold these flags: an older JDK would not start, and so could not say
    # that it is too old.)
    export MAVEN_OPTS="${MAVEN_OPTS:-} --sun-misc-unsafe-memory-access=allow --enable-native-access=ALL-UNNAMED"
    if ! command -v mvn >/dev/null; then
        echo "some-kvstore is built with Maven 3.8 or newer, and there is no mvn on the PATH:" \
            "apt-get install maven (or sdk install maven)." >&2
        exit 1
    fi
    version=$(mvn --version 2>/dev/null | sed -n 's/.*Apache Maven \([0-9.]*\).*/\1/p')
    major=${version%%.*}
    minor=${version#*.}
    minor=${minor%%.*}
    if [ "${major:-0}" -lt 3 ] || { [ "$major" -eq 3 ] && [ "$minor" -lt 8 ]; }; then
        echo "some-kvstore is built with Maven 3.8 or newer; $(command -v mvn) is ${version:-of no known version}." >&2
        exit 1
    fi
}
