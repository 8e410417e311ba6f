// What becomes of ggml's assertions: errors of the call where that can be, the end of the process with a line in the
// log elsewhere.
#pragma once

namespace chroma {

// While one lives, an assertion of ggml's that fails on this thread is thrown as INTERNAL. Nothing that a caller gives
// should get as far; where something does, the process and everything else in it go on.
class GgmlFailuresAsErrors {
  public:
    GgmlFailuresAsErrors();
    ~GgmlFailuresAsErrors();
    GgmlFailuresAsErrors(const GgmlFailuresAsErrors&) = delete;
    GgmlFailuresAsErrors& operator=(const GgmlFailuresAsErrors&) = delete;
    GgmlFailuresAsErrors(GgmlFailuresAsErrors&&) = delete;
    GgmlFailuresAsErrors& operator=(GgmlFailuresAsErrors&&) = delete;

  private:
    bool outer_;
};

// While one lives, not so: nothing may be thrown through a team of threads.
class GgmlFailuresAreFatal {
  public:
    GgmlFailuresAreFatal();
    ~GgmlFailuresAreFatal();
    GgmlFailuresAreFatal(const GgmlFailuresAreFatal&) = delete;
    GgmlFailuresAreFatal& operator=(const GgmlFailuresAreFatal&) = delete;
    GgmlFailuresAreFatal(GgmlFailuresAreFatal&&) = delete;
    GgmlFailuresAreFatal& operator=(GgmlFailuresAreFatal&&) = delete;

  private:
    bool outer_;
};

// Where the message of a fatal failure goes; true if somebody has taken it. Without one it goes to stderr.
using FatalMessageSink = bool (*)(const char* message);
void set_fatal_message_sink(FatalMessageSink sink);

}  // namespace chroma
