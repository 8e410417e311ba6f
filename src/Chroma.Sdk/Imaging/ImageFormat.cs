namespace Chroma.Imaging;

/// <summary>The file formats that pictures are written in.</summary>
public enum ImageFormat
{
    /// <summary>Lossless. Carries generation parameters in a text chunk.</summary>
    Png,

    /// <summary>Lossy. Carries generation parameters in its EXIF user comment.</summary>
    Jpeg,

    /// <summary>Lossy, or lossless at quality 100. Carries generation parameters in its EXIF user comment.</summary>
    Webp,
}
