using Chroma.Tensors;

namespace Chroma.Cli.Outputs;

/// <summary>The safetensors file that a verb makes.</summary>
internal static class ResultFile
{
    /// <summary>Writes it; where that fails although the output was tried before the work, it is saved elsewhere, so that the work is not lost.</summary>
    /// <exception cref="IOException">It is not where it should be; the message says where it is.</exception>
    public static void Save(OutputTarget target, string path, SafetensorsWriter writer)
    {
        try
        {
            target.Save(writer.Save);
            target.Finish();
        }
        catch (IOException error)
        {
            string name = target.IsStream ? "chroma.safetensors" : Path.GetFileName(path);
            if (OutputTarget.SaveBeside(name, writer.Save) is { } saved)
            {
                throw new IOException($"{error.Message} The result is saved as '{saved}' instead.", error);
            }

            throw;
        }
    }
}
