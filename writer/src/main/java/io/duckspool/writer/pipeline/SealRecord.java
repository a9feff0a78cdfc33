package io.duckspool.writer.pipeline;

import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;

/**
 * One seal, as the list of seals shows it.
 *
 * @param sealId number of the seal in the ledger of its spool; 0 for one that failed
 * @param startedAt ISO-8601, UTC
 */
public record SealRecord(
    @JsonProperty("seal_id") long sealId,
    @JsonProperty("trigger") String trigger,
    @JsonProperty("started_at") String startedAt,
    @JsonProperty("duration_ms") long durationMillis,
    @JsonProperty("decode_duration_ms") long decodeMillis,
    @JsonProperty("append_duration_ms") long appendMillis,
    @JsonProperty("commit_duration_ms") long commitMillis,
    @JsonProperty("entries") long entryCount,
    @JsonProperty("rows") long rowCount,
    @JsonProperty("bytes") long payloadBytes,
    @JsonProperty("quarantined") long quarantinedCount,
    @JsonProperty("first_index") String firstIndex,
    @JsonProperty("next_index") String nextIndex,
    @JsonProperty("status") String status,
    @JsonProperty("error") @Nullable String error) {}
