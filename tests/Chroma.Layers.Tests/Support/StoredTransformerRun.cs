using Chroma.Tensors;

namespace Chroma.Layers.Tests;

/// <summary>What the stored runs of the whole transformer have in common: 03_dit_nomask, 03_dit_mask, 03_dit_drop.</summary>
internal static class StoredTransformerRun
{
    public const string NoMask = "03_dit_nomask";
    public const int Height = 8, Width = 6;
    public const int Doubles = 2, Singles = 3;

    /// <summary>Positions of text, then image, [T + L, 3].</summary>
    public static FloatTensor Ids(StoredCase stored)
    {
        FloatTensor text = stored.Input("txt_ids"), image = stored.Input("img_ids");
        return Named.Concat(0, text.Reshape(text.Shape[1], 3), image.Reshape(image.Shape[1], 3));
    }

    /// <summary>The modulation [1, 12, C] of a double block: the image side's rows of the table, then the text side's.</summary>
    public static FloatTensor DoubleModulation(FloatTensor table, int block) => Named.Concat(
        1, table.Slice(1, (3 * Singles) + (6 * block), 6), table.Slice(1, (3 * Singles) + (6 * Doubles) + (6 * block), 6));

    /// <summary>The modulation [1, 3, C] of a single block.</summary>
    public static FloatTensor SingleModulation(FloatTensor table, int block) => table.Slice(1, 3 * block, 3);

    /// <summary>The modulation [1, 2, C] of the last layer.</summary>
    public static FloatTensor FinalModulation(FloatTensor table) => table.Slice(1, table.Shape[1] - 2, 2);
}
