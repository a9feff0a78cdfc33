/**
 * Real processes, real load and an independent oracle for the end-to-end and fault tests: the tests
 * start what the distribution starts, and judge by what clients were told and what is in the
 * tables.
 */
@NullMarked
package io.duckspool.deploy.harness;

import org.jspecify.annotations.NullMarked;
