using Chroma.Tensors;

namespace Chroma.Testing;

/// <summary>The stored results of the public implementations, in tests/golden; its README says where each file came from.</summary>
public static class Golden
{
    /// <summary>The folder tests/golden of this checkout, found by walking up from the folder of the running test.</summary>
    /// <exception cref="DirectoryNotFoundException">No folder above the test's has tests/golden.</exception>
    public static string Folder
    {
        get
        {
            for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            {
                string candidate = Path.Combine(folder.FullName, "tests", "golden");
                if (Directory.Exists(candidate))
                {
                    return candidate;
                }
            }

            throw new DirectoryNotFoundException($"No folder above '{AppContext.BaseDirectory}' has tests/golden.");
        }
    }

    /// <summary>The path of a stored file.</summary>
    /// <param name="fileName">Its name with the extension, such as <c>11_torch_randn.json</c>.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static string PathOf(string fileName)
    {
        string path = Path.Combine(Folder, fileName);
        return File.Exists(path) ? path : throw new FileNotFoundException($"tests/golden has no '{fileName}'.", path);
    }

    /// <summary>Opens a stored case.</summary>
    /// <param name="caseName">Its name without the extension, such as <c>07_schedules_comfy</c>.</param>
    /// <exception cref="FileNotFoundException">There is no such case.</exception>
    public static SafetensorsFile Open(string caseName) => SafetensorsFile.Open(PathOf(caseName + ".safetensors"));

    /// <summary>Reads one float tensor of a stored case.</summary>
    /// <param name="caseName">The case, without the extension.</param>
    /// <param name="tensor">The tensor in it.</param>
    public static FloatTensor Floats(string caseName, string tensor)
    {
        using SafetensorsFile file = Open(caseName);
        return file.ReadFloats(tensor);
    }
}
