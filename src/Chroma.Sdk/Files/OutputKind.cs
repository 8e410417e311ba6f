using Chroma.Interop;

namespace Chroma.Files;

/// <summary>What a path to write to leads to.</summary>
internal enum OutputKind
{
    /// <summary>A regular file, or nothing yet: replaced when the new one is whole.</summary>
    File = chroma_output_kind.CHROMA_OUTPUT_FILE,

    /// <summary>A device, a pipe or a descriptor of this process: written to as it is.</summary>
    Special = chroma_output_kind.CHROMA_OUTPUT_SPECIAL,

    /// <summary>The same, and it is standard output.</summary>
    StandardOutput = chroma_output_kind.CHROMA_OUTPUT_STANDARD_OUTPUT,
}
