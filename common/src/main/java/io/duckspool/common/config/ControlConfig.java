package io.duckspool.common.config;

import java.nio.file.Path;

/**
 * The {@code control} section.
 *
 * @param tokenFile the file with the token of both control ports, absolute
 * @param allowOtherHostname whether a control port may listen on another host than loopback
 */
public record ControlConfig(Path tokenFile, boolean allowOtherHostname) {}
