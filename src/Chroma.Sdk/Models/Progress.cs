namespace Chroma.Models;

/// <summary>How far a file has been loaded or converted.</summary>
/// <param name="BytesDone">Bytes done so far.</param>
/// <param name="BytesTotal">Bytes in all.</param>
public readonly record struct LoadProgress(long BytesDone, long BytesTotal)
{
    /// <summary>The part done, 0 to 1.</summary>
    public double Fraction => BytesTotal > 0 ? (double)BytesDone / BytesTotal : 1;
}

/// <summary>How far one run of a network is.</summary>
/// <param name="BlocksDone">Blocks computed so far.</param>
/// <param name="BlocksTotal">Blocks in all.</param>
public readonly record struct BlockProgress(int BlocksDone, int BlocksTotal)
{
    /// <summary>The part done, 0 to 1.</summary>
    public double Fraction => BlocksTotal > 0 ? (double)BlocksDone / BlocksTotal : 1;
}
