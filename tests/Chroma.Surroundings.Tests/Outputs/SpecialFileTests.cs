using System.Net.Sockets;
using Chroma.Surroundings.Tests.Support;
using Chroma.Testing;
using Xunit;

namespace Chroma.Surroundings.Tests.Outputs;

/// <summary>Outputs that are no regular files are written to and stay what they are.</summary>
public sealed class SpecialFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public SpecialFileTests() => Unix.Require();

    public static TheoryData<string> Verbs => Verb.All;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Verbs))]
    public async Task A_device_is_written_to_and_stays_a_device(string name)
    {
        Verb verb = new(name, _folder);
        string device = Unix.MakeDevice(_folder.File("device"));
        string kind = Unix.Stat(device);

        (await ChromaProcess.RunAsync(verb.Writing(device))).Fine();

        Assert.NotEqual("regular file", kind);
        Assert.Equal(kind, Unix.Stat(device));
        Assert.DoesNotContain(Directory.GetFiles(_folder.Path), file => file.Contains(".part", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Verbs))]
    public async Task A_pipe_gets_what_a_file_would(string name)
    {
        Verb verb = new(name, _folder);
        string file = _folder.File($"file.{verb.Extension}"), pipe = _folder.File($"pipe.{verb.Extension}");
        (await ChromaProcess.RunAsync(verb.Writing(file))).Fine();
        Task<byte[]> got = Unix.MakePipe(pipe);

        (await ChromaProcess.RunAsync(verb.Writing(pipe))).Fine();

        Assert.Equal("fifo", Unix.Stat(pipe));
        Assert.Equal(await File.ReadAllBytesAsync(file), await got);
    }

    [Theory]
    [MemberData(nameof(Verbs))]
    public async Task A_dash_is_standard_output_and_nothing_else_is_printed_there(string name)
    {
        Verb verb = new(name, _folder);
        string file = _folder.File($"file.{verb.Extension}");
        (await ChromaProcess.RunAsync(verb.Writing(file))).Fine();

        byte[] dash = (await ChromaProcess.RunInAsync(_folder.Path, verb.Writing("-"))).Fine().Bytes;

        Assert.Equal(await File.ReadAllBytesAsync(file), dash);
        Assert.False(File.Exists(_folder.File("-")));
    }

    [Theory]
    [InlineData("/dev/stdout", "")]
    [InlineData("/proc/self/fd/1", "")]
    [InlineData("/dev/fd/3", " 3>&1")]
    public async Task Descriptors_are_written_to_where_they_are(string path, string redirection)
    {
        Verb verb = new(Verb.Sample, _folder);
        string file = _folder.File("file.safetensors");
        (await ChromaProcess.RunAsync(verb.Writing(file))).Fine();
        byte[] expected = [.. "before"u8, .. File.ReadAllBytes(file), .. "after"u8];

        (await ChromaProcess.ShellAsync(_folder.Path, $"(printf before; {verb.Line(path)}{redirection}; printf after) > log")).Fine();

        Assert.Equal(expected, await File.ReadAllBytesAsync(_folder.File("log")));
    }

    [Fact]
    public async Task A_link_to_standard_output_is_standard_output()
    {
        Verb verb = new(Verb.Sample, _folder);
        File.CreateSymbolicLink(_folder.File("link.safetensors"), "/dev/stdout");

        byte[] got = (await ChromaProcess.RunInAsync(_folder.Path, verb.Writing("link.safetensors"))).Fine().Bytes;

        Assert.NotEmpty(got);
        Assert.Equal("symbolic link", Unix.Stat(_folder.File("link.safetensors")));
    }

    [Theory]
    [InlineData("/dev/fd/77")]
    [InlineData("/proc/self/fd/7")] // the runtime has files of its own at such numbers
    public async Task A_descriptor_that_nobody_handed_down_is_refused(string path) =>
        (await ChromaProcess.RunAsync(new Verb(Verb.Sample, _folder).Writing(path))).Ends(1, path, "closed");

    [Fact]
    public async Task A_socket_is_refused_and_stays()
    {
        string path = _folder.File("socket");
        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));

        (await ChromaProcess.RunAsync(new Verb(Verb.Sample, _folder).Writing(path))).Ends(1, path, "socket");

        Assert.Equal("socket", Unix.Stat(path));
    }

    [Fact]
    public async Task A_dash_with_a_folder_is_a_file()
    {
        (await ChromaProcess.RunInAsync(_folder.Path, new Verb(Verb.Sample, _folder).Writing("./-"))).Fine();

        Assert.True(File.Exists(_folder.File("-")));
    }

    [Fact]
    public async Task Several_pictures_go_into_a_stream_one_after_another()
    {
        Verb verb = new(Verb.Generate, _folder);
        string[] paths = (await ChromaProcess.RunInAsync(_folder.Path, verb.Writing("n.png", "--count", "2"))).Fine().Output.TrimEnd('\n').Split('\n');
        Assert.Equal(["n-1.png", "n-2.png"], paths);

        byte[] both = (await ChromaProcess.RunAsync(verb.Writing("-", "--count", "2"))).Fine().Bytes;

        Assert.Equal([.. await File.ReadAllBytesAsync(_folder.File("n-1.png")), .. await File.ReadAllBytesAsync(_folder.File("n-2.png"))], both);
    }

    [Theory]
    [InlineData("jpg", new byte[] { 0xFF, 0xD8 })]
    [InlineData("WEBP", new byte[] { (byte)'R', (byte)'I', (byte)'F', (byte)'F' })]
    public async Task A_picture_in_a_stream_has_the_format_asked_for(string format, byte[] start)
    {
        byte[] picture = (await ChromaProcess.RunAsync(new Verb(Verb.Generate, _folder).Writing("-", "--format", format))).Fine().Bytes;

        Assert.Equal(start, picture[..start.Length]);
    }
}
