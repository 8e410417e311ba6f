using Chroma.Tensors;

namespace Chroma.Imaging;

/// <summary>Turns the autoencoder's planes of floats into interleaved bytes and back.</summary>
internal static class PixelConversion
{
    /// <summary>One plane each for red, green and blue.</summary>
    public const int Channels = 3;

    /// <summary>Turns three planes in -1..1 into RGB bytes: round(255 (x / 2 + 0.5)), halves to even, as diffusers does.</summary>
    public static byte[] ToBytes(ReadOnlySpan<float> planes, int pixels)
    {
        byte[] bytes = new byte[pixels * Channels];
        for (int channel = 0; channel < Channels; channel++)
        {
            ReadOnlySpan<float> plane = planes.Slice(channel * pixels, pixels);
            for (int i = 0; i < plane.Length; i++)
            {
                bytes[(i * Channels) + channel] = ToByte(plane[i]);
            }
        }

        return bytes;
    }

    /// <summary>Turns RGB bytes into three planes in -1..1: 2 (b / 255) - 1.</summary>
    public static FloatTensor ToTensor(ReadOnlySpan<byte> rgb, int width, int height)
    {
        int pixels = width * height;
        FloatTensor tensor = new(1, Channels, height, width);
        for (int channel = 0; channel < Channels; channel++)
        {
            Span<float> plane = tensor.Span.Slice(channel * pixels, pixels);
            for (int i = 0; i < plane.Length; i++)
            {
                plane[i] = (2 * (rgb[(i * Channels) + channel] / 255f)) - 1;
            }
        }

        return tensor;
    }

    private static byte ToByte(float value)
    {
        // A value that is not a number compares false with everything, and becomes black.
        float unit = (value / 2) + 0.5f;
        return !(unit > 0) ? (byte)0 : unit >= 1 ? (byte)255 : (byte)MathF.Round(unit * 255, MidpointRounding.ToEven);
    }
}
