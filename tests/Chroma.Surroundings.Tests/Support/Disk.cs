namespace Chroma.Surroundings.Tests.Support;

/// <summary>A folder in which little or nothing can be written, even by root.</summary>
internal sealed class Disk : IDisposable
{
    private readonly Action _undo;

    private Disk(string path, Action undo)
    {
        Path = path;
        _undo = undo;
    }

    public string Path { get; }

    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>A file system of 256 KiB in memory; null where this user may not mount one.</summary>
    public static Disk? TrySmall(string path)
    {
        Directory.CreateDirectory(path);
        return Unix.Try("mount", "-t", "tmpfs", "-o", "size=256k", "none", path) is null ? null : new Disk(path, () => Unix.Run("umount", path));
    }

    /// <summary>A folder that takes no files: its permissions, a read-only file system, an attribute, or one of the kernel's own.</summary>
    public static Disk ReadOnly(string path)
    {
        Directory.CreateDirectory(path);
        if (!Unix.IsRoot)
        {
            Unix.Run("chmod", "555", path);
            return new Disk(path, () => Unix.Run("chmod", "755", path));
        }

        return Unix.Try("mount", "-t", "tmpfs", "-o", "ro", "none", path) is not null ? new Disk(path, () => Unix.Run("umount", path))
            : Unix.Try("chattr", "+i", path) is not null ? new Disk(path, () => Unix.Run("chattr", "-i", path))
            : new Disk("/proc/sys", () => { });
    }

    public void Dispose() => _undo();
}
