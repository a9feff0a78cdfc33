package io.duckspool.common.admin;

/** A control call was answered with an error. */
public final class AdminException extends Exception {

  private static final long serialVersionUID = 1L;

  private final int status;
  private final String code;

  /**
   * @param status HTTP status of the answer
   * @param code of the error, from a closed list
   * @param message what happened, for people
   */
  public AdminException(int status, String code, String message) {
    super(message);
    this.status = status;
    this.code = code;
  }

  /** HTTP status of the answer. */
  public int status() {
    return status;
  }

  /** The code of the error. */
  public String code() {
    return code;
  }
}
