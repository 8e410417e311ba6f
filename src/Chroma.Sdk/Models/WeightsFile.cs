using System.Text;
using Chroma.Interop;
using Chroma.Tensors;

namespace Chroma.Models;

/// <summary>
/// A checkpoint, opened and checked but not loaded: a GGUF or safetensors file, all the files of one that is split, or the folder of a model. Any number of
/// threads may read from it.
/// </summary>
public sealed unsafe class WeightsFile : IDisposable
{
    private readonly WeightsHandle _handle;
    private readonly WeightsTensor[] _tensors;
    private readonly Dictionary<string, MetadataEntry> _metadata;

    private WeightsFile(string path, WeightsHandle handle)
    {
        Path = path;
        _handle = handle;
        using ChromaSafeHandle.Lease lease = Use();
        var weights = (chroma_weights*)lease.Address;
        chroma_weights_info info = new() { struct_size = (uint)sizeof(chroma_weights_info) };
        ChromaNative.chroma_weights_get_info(weights, &info).ThrowIfFailed();
        Container = (WeightsContainer)info.container;
        Architecture = (ModelArchitecture)info.architecture;
        FileCount = info.file_count;
        ParameterCount = info.parameter_count;
        TensorBytes = info.tensor_bytes;
        Parts =
        [
            .. info.has_chroma != 0 ? [ModelArchitecture.Chroma] : ReadOnlySpan<ModelArchitecture>.Empty,
            .. info.has_t5_encoder != 0 ? [ModelArchitecture.T5Encoder] : ReadOnlySpan<ModelArchitecture>.Empty,
            .. info.has_autoencoder != 0 ? [ModelArchitecture.Autoencoder] : ReadOnlySpan<ModelArchitecture>.Empty,
        ];
        Description = NativeText.FromUtf8(info.description);
        Files = ReadFiles(weights, info.file_count);
        _tensors = ReadTensors(weights, info.tensor_count);
        _metadata = ReadMetadata(weights, info.metadata_count);
    }

    /// <summary>The path, as it was given to <see cref="Open(string)"/>; <c>random weights</c> where there is no file.</summary>
    public string Path { get; }

    /// <summary>The format of the files.</summary>
    public WeightsContainer Container { get; }

    /// <summary>Which network it is; of an all-in-one checkpoint, the first of its <see cref="Parts"/>.</summary>
    public ModelArchitecture Architecture { get; }

    /// <summary>
    /// The transformer, T5 encoder and autoencoder that it holds: of an all-in-one checkpoint several. That one is named here does not say that all of its tensors
    /// are there.
    /// </summary>
    public IReadOnlyList<ModelArchitecture> Parts { get; }

    /// <summary>What it is in words, such as <c>a Chroma transformer</c>; empty if that is not known.</summary>
    public string Description { get; }

    /// <summary>The paths of its files: one, or the shards or parts that belong together.</summary>
    public IReadOnlyList<string> Files { get; }

    /// <summary>1, or the number of shards or parts.</summary>
    public int FileCount { get; }

    /// <summary>Elements of all tensors but scales.</summary>
    public long ParameterCount { get; }

    /// <summary>Bytes of all tensors, as stored.</summary>
    public long TensorBytes { get; }

    /// <summary>All tensors, in the order of the file.</summary>
    public IReadOnlyList<WeightsTensor> Tensors => _tensors;

    /// <summary>The metadata by key: a GGUF's, or the <c>__metadata__</c> of a safetensors file.</summary>
    public IReadOnlyDictionary<string, MetadataEntry> Metadata => _metadata;

    /// <summary>Opens a checkpoint and checks its headers: sizes, counts, offsets, overlaps, duplicate names.</summary>
    /// <param name="path">
    /// A file (GGUF and safetensors are told apart by content), any one of the files of a checkpoint that is split, a <c>*.index.json</c>, or a folder with one model.
    /// </param>
    /// <exception cref="ArgumentException">The path is empty.</exception>
    /// <exception cref="ChromaException">The checkpoint cannot be read, or is not sound, or one of its files is missing.</exception>
    public static WeightsFile Open(string path)
    {
        fixed (byte* pPath = NativeText.ToUtf8(path))
        {
            chroma_weights* weights;
            ChromaNative.chroma_weights_open(pPath, &weights).ThrowIfFailed();
            return Own(path, weights);
        }
    }

    /// <summary>The same for one part of a model: of a folder with several checkpoints, the one that holds it.</summary>
    /// <inheritdoc cref="Open(string)"/>
    /// <param name="path">As above; a file is opened whatever it holds.</param>
    /// <param name="part">The transformer, the T5 encoder or the autoencoder.</param>
    public static WeightsFile Open(string path, ModelArchitecture part)
    {
        fixed (byte* pPath = NativeText.ToUtf8(path))
        {
            chroma_weights* weights;
            ChromaNative.chroma_weights_open_part(pPath, (chroma_architecture)part, &weights).ThrowIfFailed();
            return Own(path, weights);
        }
    }

    /// <summary>
    /// Makes a checkpoint of random values in memory, without a file: to measure a network of any size. Equal seeds give equal values under the
    /// same names, whatever the types are, but for their rounding.
    /// </summary>
    /// <param name="tensors">What it holds.</param>
    /// <param name="seed">The seed of the values.</param>
    /// <exception cref="ArgumentException">There is no tensor, or a name is empty.</exception>
    /// <exception cref="ChromaException">A tensor cannot be of its shape or type, or memory is short.</exception>
    public static WeightsFile CreateRandom(IReadOnlyList<RandomTensor> tensors, long seed)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        if (tensors.Count == 0)
        {
            throw new ArgumentException("A checkpoint needs at least one tensor.", nameof(tensors));
        }

        using NativeTextArray names = new([.. tensors.Select(tensor => tensor.Name)], nameof(tensors));
        chroma_random_tensor[] natives = new chroma_random_tensor[tensors.Count];
        for (int i = 0; i < natives.Length; i++)
        {
            RandomTensor tensor = tensors[i];
            natives[i] = new chroma_random_tensor
            {
                name = names.Pointer[i],
                type = (chroma_type)tensor.Type,
                rank = tensor.Shape.Count,
                mean = tensor.Mean,
                deviation = tensor.Deviation,
            };
            for (int axis = 0; axis < Math.Min(tensor.Shape.Count, ChromaNative.CHROMA_MAX_RANK); axis++)
            {
                natives[i].shape[axis] = tensor.Shape[axis];
            }
        }

        fixed (chroma_random_tensor* pTensors = natives)
        {
            chroma_weights* weights;
            ChromaNative.chroma_weights_create_random(pTensors, natives.Length, seed, &weights).ThrowIfFailed();
            return Own("random weights", weights);
        }
    }

    /// <summary>Converts a checkpoint of any supported form to one file under the original checkpoint's names, metadata kept.</summary>
    /// <param name="inputPath">A file, a <c>*.index.json</c>, or a folder.</param>
    /// <param name="outputPath">The file to write, replaced where it exists; <c>.gguf</c> or <c>.safetensors</c> decides the format. Quantised types need GGUF.</param>
    /// <param name="options">The type, and what it applies to.</param>
    /// <param name="progress">Told about the bytes converted, on the thread that converts.</param>
    /// <param name="cancellationToken">Stops the conversion. As after a failure, nothing half-written stays behind.</param>
    /// <exception cref="ArgumentException">A path is empty, or an option is out of range.</exception>
    /// <exception cref="ChromaException">
    /// The input cannot be read, is not sound, is changed meanwhile or has values that the type cannot hold, or the output cannot be written.
    /// </exception>
    /// <exception cref="OperationCanceledException">The conversion was cancelled.</exception>
    public static Task QuantizeAsync(
        string inputPath,
        string outputPath,
        QuantizeOptions options,
        IProgress<LoadProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        byte[] input = NativeText.ToUtf8(inputPath), output = NativeText.ToUtf8(outputPath);
        return Task.Run(() => Quantize(input, output, options, progress, cancellationToken), cancellationToken);
    }

    /// <summary>Finds a tensor by the file's name or the original checkpoint's; null if there is none.</summary>
    /// <param name="name">The name.</param>
    /// <exception cref="ObjectDisposedException">The file is closed.</exception>
    public WeightsTensor? Find(string name)
    {
        using ChromaSafeHandle.Lease lease = Use();
        long index;
        fixed (byte* pName = NativeText.ToUtf8(name))
        {
            ChromaNative.chroma_weights_find_tensor((chroma_weights*)lease.Address, pName, &index).ThrowIfFailed();
        }

        return index < 0 ? null : _tensors[index];
    }

    /// <summary>Reads a tensor of any type as float32, without its scales where another tensor has them; <see cref="WeightType.Int8"/> stays rotated.</summary>
    /// <param name="name">The file's name or the original checkpoint's.</param>
    /// <exception cref="ChromaException">There is no such tensor, it is too large for an array, or the file was changed since it was opened.</exception>
    /// <exception cref="ObjectDisposedException">The file is closed.</exception>
    public FloatTensor Read(string name)
    {
        WeightsTensor tensor = Require(name);
        FloatTensor values = new(Array.ConvertAll([.. tensor.Shape], length => (int)Math.Min(length, int.MaxValue)));
        using ChromaSafeHandle.Lease lease = Use();
        fixed (float* pValues = values.Span)
        {
            ChromaNative.chroma_weights_read((chroma_weights*)lease.Address, tensor.Index, pValues, values.Length).ThrowIfFailed();
        }

        return values;
    }

    /// <summary>Reads a tensor's bytes as they are stored.</summary>
    /// <param name="name">The file's name or the original checkpoint's.</param>
    /// <exception cref="ChromaException">There is no such tensor, it is too large for an array, or the file was changed since it was opened.</exception>
    /// <exception cref="ObjectDisposedException">The file is closed.</exception>
    public byte[] ReadBytes(string name)
    {
        WeightsTensor tensor = Require(name);
        using ChromaSafeHandle.Lease lease = Use();
        void* data;
        long bytes;
        ChromaNative.chroma_weights_read_raw((chroma_weights*)lease.Address, tensor.Index, &data, &bytes).ThrowIfFailed();
        byte[] copy = new ReadOnlySpan<byte>(data, (int)bytes).ToArray();
        ChromaNative.chroma_weights_check((chroma_weights*)lease.Address).ThrowIfFailed();
        return copy;
    }

    /// <summary>Closes the file. What was read stays valid.</summary>
    public void Dispose() => _handle.Dispose();

    internal string ReadString(long index, long element)
    {
        using ChromaSafeHandle.Lease lease = Use();
        byte* text;
        long length;
        ChromaNative.chroma_weights_get_string((chroma_weights*)lease.Address, index, element, &text, &length).ThrowIfFailed();
        return Encoding.UTF8.GetString(text, checked((int)length));
    }

    internal double[] ReadNumbers(long index, int count)
    {
        double[] numbers = new double[count];
        using ChromaSafeHandle.Lease lease = Use();
        fixed (double* pNumbers = numbers)
        {
            if (count > 0)
            {
                ChromaNative.chroma_weights_get_numbers((chroma_weights*)lease.Address, index, 0, count, pNumbers).ThrowIfFailed();
            }
        }

        return numbers;
    }

    private static void Quantize(
        byte[] input, byte[] output, QuantizeOptions options, IProgress<LoadProgress>? progress, CancellationToken cancellationToken)
    {
        using NativeCall call = NativeCall.ForFile(progress, cancellationToken);
        chroma_quantize_options native = new()
        {
            struct_size = (uint)sizeof(chroma_quantize_options),
            type = (chroma_type)options.Type,
            include_approximator = options.IncludeApproximator ? 1 : 0,
            threads = options.Threads,
            progress = call.Progress,
            abort = call.Abort,
            user_data = call.UserData,
        };
        fixed (byte* pInput = input, pOutput = output)
        {
            call.Finish(ChromaNative.chroma_weights_quantize(pInput, pOutput, &native));
        }
    }

    private static string[] ReadFiles(chroma_weights* weights, int count)
    {
        string[] files = new string[count];
        for (int i = 0; i < count; i++)
        {
            byte* path;
            ChromaNative.chroma_weights_get_file(weights, i, &path).ThrowIfFailed();
            files[i] = NativeText.FromUtf8(path);
        }

        return files;
    }

    private static WeightsTensor[] ReadTensors(chroma_weights* weights, long count)
    {
        WeightsTensor[] tensors = new WeightsTensor[count];
        for (long i = 0; i < count; i++)
        {
            chroma_weights_tensor tensor = new() { struct_size = (uint)sizeof(chroma_weights_tensor) };
            ChromaNative.chroma_weights_get_tensor(weights, i, &tensor).ThrowIfFailed();
            tensors[i] = WeightsTensor.From(tensor, i);
        }

        return tensors;
    }

    private Dictionary<string, MetadataEntry> ReadMetadata(chroma_weights* weights, long count)
    {
        Dictionary<string, MetadataEntry> entries = new(StringComparer.Ordinal);
        for (long i = 0; i < count; i++)
        {
            chroma_metadata metadata = new() { struct_size = (uint)sizeof(chroma_metadata) };
            ChromaNative.chroma_weights_get_metadata(weights, i, &metadata).ThrowIfFailed();
            MetadataEntry entry = new(this, i, metadata, NativeText.FromUtf8(metadata.key));
            entries[entry.Key] = entry;
        }

        return entries;
    }

    private WeightsTensor Require(string name)
    {
        WeightsTensor tensor = Find(name)
            ?? throw new ChromaException(chroma_status.CHROMA_ERROR_MISSING_TENSOR, $"'{Path}' has no tensor '{name}'.");
        return tensor.ElementCount <= Array.MaxLength && tensor.Bytes <= Array.MaxLength
            ? tensor
            : throw new ChromaException(
                chroma_status.CHROMA_ERROR_UNSUPPORTED, $"'{Path}': tensor '{name}' of shape {tensor.ShapeText} is too large for an array.");
    }

    private static WeightsFile Own(string path, chroma_weights* weights)
    {
        WeightsHandle handle = new(weights);
        try
        {
            return new WeightsFile(path, handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    internal ChromaSafeHandle.Lease Use()
    {
        ObjectDisposedException.ThrowIf(_handle.IsDisposed, this);
        return _handle.Use();
    }
}
