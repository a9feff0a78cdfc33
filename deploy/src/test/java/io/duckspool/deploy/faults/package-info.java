/** What a disk, a kernel, a short memory or a power cut can do to the processes. */
@NullMarked
package io.duckspool.deploy.faults;

import org.jspecify.annotations.NullMarked;
