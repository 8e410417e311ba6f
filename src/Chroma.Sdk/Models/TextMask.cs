using Chroma.Interop;

namespace Chroma.Models;

/// <summary>What the padding positions of T5 see. Pictures differ.</summary>
public enum TextMask
{
    /// <summary>Padding keys are hidden; a padding token still sees the prompt's tokens (diffusers). The default.</summary>
    Key = chroma_text_mask.CHROMA_TEXT_MASK_KEY,

    /// <summary>Padding queries are masked too, so that they average over every position (the training code).</summary>
    Training = chroma_text_mask.CHROMA_TEXT_MASK_TRAINING,

    /// <summary>No mask (ComfyUI).</summary>
    None = chroma_text_mask.CHROMA_TEXT_MASK_NONE,
}
