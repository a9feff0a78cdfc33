package io.duckspool.deploy.export;

import io.duckspool.spool.Envelope;
import io.duckspool.writer.quarantine.QuarantineNote;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/**
 * A form that entries are exported in. What can't be given in that form is no failure of the call:
 * it says why. Used by one thread, which closes it.
 */
public interface EntryExport extends Closeable {

  /**
   * Exports an entry.
   *
   * @param array envelope and payload, from 0; borrowed until return
   * @param note of an entry in quarantine
   * @return why it can't be had in this form; empty when it is exported
   * @throws IOException the output can't be written
   */
  Optional<String> entry(Envelope envelope, byte[] array, Optional<QuarantineNote> note)
      throws IOException;

  /**
   * Exports bytes that are no whole entry.
   *
   * @param bytes borrowed until return
   * @return why they can't be had in this form; empty when they are exported
   * @throws IOException the output can't be written, or the bytes can't be read
   */
  Optional<String> bytes(Fragment fragment, InputStream bytes) throws IOException;
}
